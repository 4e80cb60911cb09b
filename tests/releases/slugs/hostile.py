"""One archive for each thing that is refused, with the sentence that names it."""

import gzip
import zlib

from tests.releases.slugs.archives import (
    END,
    GNU,
    extended,
    file,
    folder,
    hard_link,
    header,
    pax,
    record,
    symlink,
    tar_gz,
)

A = file(b"a")
GOOD = tar_gz(A)
LONG = b"d/" * 400

PATHS = {
    "traversal": (tar_gz(file(b"../../etc/passwd")), r'"../../etc/passwd" goes up'),
    "traversal inside": (tar_gz(file(b"a/../../b")), r'"a/../../b" goes up'),
    "traversal that stays": (tar_gz(file(b"a/../b")), r'"a/../b" goes up'),
    "traversal by pax": (tar_gz(pax(path="../x"), A), r'"../x" goes up'),
    "traversal by a long name": (tar_gz(extended(b"L", b"../x\0"), A), r'"../x" goes'),
    "traversal by prefix": (tar_gz(header(b"x", prefix=b"..")), r'"../x" goes up'),
    "absolute": (tar_gz(file(b"/etc/passwd")), r'"/etc/passwd" is an absolute path'),
    "absolute by pax": (tar_gz(pax(path="/x"), A), r'"/x" is an absolute path'),
    "absolute by prefix": (tar_gz(header(b"x", prefix=b"/etc")), '"/etc/x" is an abs'),
    "duplicate": (tar_gz(A, A), r'"a" is in the archive twice'),
    "duplicate otherwise spelt": (tar_gz(A, file(b".//a")), r'".//a" is in .* twice'),
    "duplicate folder": (tar_gz(folder(b"d/"), folder(b"d")), r'"d" is in .* twice'),
    "folder over a file": (tar_gz(A, folder(b"a/")), r'"a/" is in the archive twice'),
    "file over a folder": (tar_gz(file(b"d/x"), file(b"d")), r'"d" is in .* twice'),
    "root as a file": (tar_gz(file(b"./")), r'"./" is a file with a folder\'s name'),
    "dot as a file": (tar_gz(file(b".")), r'"." is in the archive twice'),
    "below a file": (tar_gz(A, file(b"a/b")), r'"a/b" lies below "a", which is no'),
    "not UTF-8": (tar_gz(file(b"caf\xe9")), r'"caf\\+xe9" is not a name in UTF-8'),
    "control character": (tar_gz(file(b"a\x1b[2J")), r'"a\\x1b\[2J" .* control char'),
    "line break": (tar_gz(file(b"a\nb")), r'"a\\nb" is empty or has a control'),
    "NEL": (tar_gz(file("a\x85b".encode())), r'"a\\x85b" is empty or has a control'),
    "NUL": (tar_gz(pax(path=b"a\0b"), A), r'"a\\x00b" is empty or has a control'),
    "NUL in a long name": (tar_gz(extended(b"L", b"a\0b\0"), A), r'"a\\x00b" is empty'),
    "no name": (tar_gz(file(b"")), r'"" is empty or has a control character'),
    "long path": (
        tar_gz(pax(path=b"d/" * 513 + b"x"), A),
        r"is a path of 1,027 bytes; 1,024",
    ),
    "long part": (tar_gz(pax(path=b"n" * 256), A), r"has a part of 256 bytes; 255"),
}
LINKS = {
    "absolute link": (tar_gz(symlink(b"l", b"/etc")), '"l" is a link that leaves'),
    "link upwards": (tar_gz(symlink(b"l", b"..")), '"l" is a link that leaves'),
    "link too far up": (tar_gz(symlink(b"d/l", b"../../x")), '"d/l" is a link that le'),
    "link by pax": (tar_gz(pax(linkpath="../x"), symlink(b"l", b"a")), '"l" is a link'),
    "link by K": (
        tar_gz(extended(b"K", b"../x\0"), symlink(b"l", b"a")),
        '"l" is a li',
    ),
    "link up after down": (
        tar_gz(symlink(b"l", b"a/../../x")),
        '"l" .* up after it we',
    ),
    "link nowhere": (tar_gz(header(b"l", type_=b"2")), '"" is empty or has a control'),
    "link to a control character": (
        tar_gz(symlink(b"l", b"\x07")),
        r'"\\x07" is empty',
    ),
    "link not in UTF-8": (tar_gz(symlink(b"l", b"\xff")), "is not a name in UTF-8"),
    "link chain out": (
        tar_gz(folder(b"d"), symlink(b"d/up", b".."), symlink(b"l", b"d/up/..")),
        '"l" is a link to "d/up/..", which goes up after it went down',
    ),
    "below a link": (tar_gz(symlink(b"l", b"d"), file(b"l/x")), '"l/x" lies below "l"'),
    "below a link, further down": (
        tar_gz(symlink(b"l", b"d"), file(b"l/x/y")),
        '"l/x/y" lies below "l", which is no folder',
    ),
    "link over a used folder": (tar_gz(file(b"d/x"), symlink(b"d", b".")), '"d" is in'),
    "link over a folder": (tar_gz(folder(b"d"), symlink(b"d", b".")), '"d" is in the'),
    "link out of app": (
        tar_gz(file(b"./app/a"), symlink(b"./app/l", b"../etc/passwd")),
        '"./app/l" is a link that leaves the tree',
    ),
    "hard link out": (tar_gz(hard_link(b"h", b"../x")), '"../x" goes up'),
    "hard link absolute": (tar_gz(hard_link(b"h", b"/etc/shadow")), "absolute path"),
    "hard link forwards": (
        tar_gz(hard_link(b"h", b"a"), A),
        '"h" .* "a", which is no f',
    ),
    "hard link to a link": (
        tar_gz(symlink(b"l", b"x"), hard_link(b"h", b"l")),
        '"h" is a hard link to "l", which is no file before it',
    ),
    "hard link to a folder": (
        tar_gz(folder(b"d"), hard_link(b"h", b"d")),
        "no file bef",
    ),
    "hard link to itself": (tar_gz(hard_link(b"h", b"h")), "no file before it"),
    "hard link with contents": (
        tar_gz(A, header(b"h", type_=b"1", link=b"a", size=5)),
        '"h" is a hard link, and yet has contents',
    ),
}
KINDS = {
    "character device": (
        tar_gz(header(b"null", type_=b"3")),
        '"null" is a character d',
    ),
    "block device": (tar_gz(header(b"sda", type_=b"4")), '"sda" is a block device'),
    "pipe": (tar_gz(header(b"p", type_=b"6")), '"p" is a named pipe'),
    "sparse": (tar_gz(header(b"s", type_=b"S", magic=GNU)), '"s" is a sparse file'),
    "sparse by pax": (
        tar_gz(extended(b"x", record("GNU.sparse.major", "1")), A),
        "describes a sparse file",
    ),
    "volume": (
        tar_gz(header(b"v", type_=b"V", magic=GNU)),
        '"v" is of an unknown kind',
    ),
    "multi-volume": (tar_gz(header(b"m", type_=b"M")), '"m" is of an unknown kind'),
    "Solaris": (tar_gz(extended(b"X", record("path", "x")), A), "of an unknown kind"),
    "letters": (tar_gz(header(b"z", type_=b"z")), '"z" is of an unknown kind'),
    "folder with contents": (
        tar_gz(header(b"d", type_=b"5", size=512), bytes(512)),
        '"d" is a folder, and yet has contents',
    ),
    "symlink with contents": (
        tar_gz(header(b"l", type_=b"2", link=b"a", size=512), bytes(512)),
        '"l" is a symbolic link, and yet has contents',
    ),
    "file with a folder's name": (tar_gz(file(b"d/")), "file with a folder's name"),
    "link with a folder's name": (tar_gz(symlink(b"l/", b"a")), "with a folder's name"),
}
HEADERS = {
    "pax of 800 MB": (
        tar_gz(header(b"x", type_=b"x", size=800_000_000)),
        "claims 800,000,000 bytes of header; 65,536 are allowed",
    ),
    "long name of 800 MB": (
        tar_gz(header(b"x", type_=b"L", size=800_000_000)),
        "claims 800,000,000 bytes of header",
    ),
    "long link of 8 EiB": (
        tar_gz(header(b"x", type_=b"K", size=b"\x80\0\0\0\x7f" + b"\xff" * 7)),
        "bytes of header; 65,536 are allowed",
    ),
    "global header of 800 MB": (
        tar_gz(header(b"x", type_=b"g", size=800_000_000)),
        "claims 800,000,000 bytes of header",
    ),
    "global path": (tar_gz(extended(b"g", record("path", "x")), A), "name all members"),
    "global header later": (tar_gz(A, extended(b"g", b"")), "only one was expected"),
    "pax twice": (tar_gz(pax(mtime="1"), pax(mtime="1"), A), "only one was expected"),
    "two names": (
        tar_gz(extended(b"L", b"x\0"), pax(path="y"), A),
        "has two headers that say its path",
    ),
    "empty pax path": (tar_gz(pax(path=""), A), "says a path or a size that is none"),
    "empty long name": (tar_gz(extended(b"L", b"\0"), A), "a path or a size that is n"),
    "pax size of words": (tar_gz(pax(size="many"), A), "a path or a size that is none"),
    "pax size below zero": (tar_gz(pax(size="-1"), A), "a path or a size that is none"),
    "pax without length": (tar_gz(extended(b"x", b"path=x\n"), A), "not well formed"),
    "pax too long": (tar_gz(extended(b"x", b"99 path=x\n"), A), "is not well formed"),
    "pax too short": (tar_gz(extended(b"x", b"5 path=x\n"), A), "is not well formed"),
    "pax of length 0": (tar_gz(extended(b"x", b"0 path=x\n"), A), "is not well formed"),
    "pax without =": (tar_gz(extended(b"x", b"7 path\n"), A), "is not well formed"),
    "pax for no member": (tar_gz(A, pax(path="b")), "header that belongs to no member"),
    "wrong checksum": (
        tar_gz(header(b"a", checksum=b"000000\0 ")),
        'header of "a" does not match its checksum',
    ),
    "no tar": (gzip.compress(b"hello" * 200), "or this is no tar archive"),
    "size of words": (tar_gz(header(b"a", size=b"lots".ljust(12))), '"a" has a number'),
    "size below zero": (
        tar_gz(header(b"a", size=b"\xff" * 12)),
        '"a" has a number that',
    ),
    "size with an 8": (tar_gz(header(b"a", size=b"00000000008\0")), '"a" has a number'),
    "mode of words": (
        tar_gz(header(b"a", mode=b"rwxr-xr-")),
        '"a" has a number that is',
    ),
    "time of words": (
        tar_gz(header(b"a", time=b"yesterday".ljust(12))),
        '"a" has a number that is none',
    ),
    "long name without an end": (
        tar_gz(extended(b"L", b"x"), A),
        "has no end to its name",
    ),
    "empty pax for no member": (tar_gz(A, pax()), "header that belongs to no member"),
    "old folder with another name": (
        tar_gz(pax(path="x"), header(b"d/", type_=b"\0")),
        'header of "x" can be read in two ways',
    ),
    "prefix in a GNU header": (
        tar_gz(header(b"a", prefix=b"d", magic=GNU)),
        'header of "a" can be read in two ways',
    ),
}
ENDS = {
    "nothing at all": (b"", "The archive is cut short"),
    "not gzip": (b"PK\x03\x04 and so on", "The archive is not compressed with gzip"),
    "gzip cut in its header": (GOOD[:5], "cut short: its gzip stream has no end"),
    "gzip cut in the middle": (GOOD[: len(GOOD) // 2], "its gzip stream has no end"),
    "gzip cut before its last byte": (GOOD[:-1], "its gzip stream has no end"),
    "wrong CRC": (GOOD[:-8] + b"\0\0\0\0" + GOOD[-4:], "is damaged: .*data check"),
    "wrong length": (GOOD[:-4] + b"\0\0\0\1", "is damaged: .*length check"),
    "damaged deflate": (GOOD[:10] + b"\xff" * 40, "is damaged"),
    "trailing bytes": (GOOD + b"!", "bytes after the end of its gzip stream"),
    "trailing zeros": (GOOD + bytes(512), "bytes after the end of its gzip stream"),
    "several gzip streams": (GOOD + GOOD, "made of several gzip streams"),
    "tar cut in a header": (tar_gz(A, A[:100], end=b""), "it has no end mark"),
    "tar cut in contents": (
        tar_gz(header(b"a", size=5000), end=bytes(1000)),
        'cut short: it ends within "a"',
    ),
    "tar cut in a pax header": (
        tar_gz(header(b"x", type_=b"x", size=600), end=bytes(100)),
        "it ends within a header",
    ),
    "no end mark": (tar_gz(A, end=b""), "cut short: it has no end mark"),
    "half an end mark": (tar_gz(A, end=bytes(512)), "half of its end mark is missing"),
    "member after half an end mark": (tar_gz(A, bytes(512), A), "half of its end mark"),
    "data after the end": (tar_gz(A, END, file(b"b")), "data after its end mark"),
    "data far after the end": (
        tar_gz(A, bytes(1 << 20), b"!"),
        "data after its end mar",
    ),
    "empty": (tar_gz(), "The archive holds no files"),
    "folders only": (
        tar_gz(folder(b"./"), folder(b"./app/")),
        "The archive holds no fi",
    ),
    "a member of 8 EiB": (
        tar_gz(header(b"big", size=b"\x80\0\0\0\x7f" + b"\xff" * 7)),
        'unpacks to more than 4,294,967,296 bytes with "big"',
    ),
    "large Procfile": (
        tar_gz(file(b"app/Procfile", b"#" * 70_000)),
        "The Procfile has 70,000 bytes; 65,536 are allowed",
    ),
}
BOMB = zlib.compressobj(9, wbits=31)
BOMBS = {
    "by ratio": (
        b"".join(
            [
                BOMB.compress(header(b"zeros", size=100 << 20)),
                *(BOMB.compress(bytes(1 << 20)) for _ in range(100)),
                BOMB.compress(END),
                BOMB.flush(),
            ]
        ),
        "unpacks to more than 200 times its size",
    ),
    "by paths": (
        tar_gz(*(pax(path=b"%d/" % n + LONG + b"x") + file(b"x") for n in range(220))),
        "names have more than 33,554,432 bytes",
    ),
}

HOSTILE = PATHS | LINKS | KINDS | HEADERS | ENDS | BOMBS
