from releases.actors import Actor
from releases.api.objects import Object
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import counted, listed
from releases.operations.rotate_master_key import Rotation, rotate_master_key


class Command(ConsoleCommand):
    help = (
        "Change the master key that protects config values: a new one is made, the data"
        " key of every app is wrapped by it, and the old one is dropped. Work goes on"
        " meanwhile; if it is interrupted, run it again. With ROLLBOOK_MASTER_KEY, put"
        " the new key before the old one there first."
    )
    example = "manage.py rotate_master_key"

    def handle(self, *, actor: Actor, **_: object) -> None:
        rotation = rotate_master_key(actor=actor)
        self.answer(_object(rotation), _text(rotation))


def _object(rotation: Rotation) -> Object:
    return {
        "key": rotation.key_id,
        "apps": rotation.apps,
        "dropped" if rotation.in_file else "removable": list(rotation.unneeded),
    }


def _text(rotation: Rotation) -> str:
    done = (
        f"The master key is {rotation.key_id} now;"
        f" {counted(rotation.apps, 'data key')} wrapped by it."
    )
    if rotation.in_file:
        return (
            f"{done}\nA backup made without its keys before now can no longer be read:"
            " make a new one."
        )
    if not rotation.unneeded:
        return done
    return (
        f"{done}\nOnce every process runs with this list, run this again; then take out"
        f" of ROLLBOOK_MASTER_KEY what nothing needs: {listed(rotation.unneeded)}."
    )
