"""QR codes that templates draw themselves: the policy allows no image out of a text."""

from dataclasses import dataclass

from qrcode.main import QRCode


@dataclass(frozen=True)
class Drawing:
    """A square of `size` units, and the path that is dark in it."""

    size: int
    path: str


def qr_code(text: str) -> Drawing:
    code = QRCode()
    code.add_data(text)
    rows = code.get_matrix()
    return Drawing(
        size=len(rows),
        path="".join(
            f"M{x} {y}h1v1h-1z"
            for y, row in enumerate(rows)
            for x, is_dark in enumerate(row)
            if is_dark
        ),
    )
