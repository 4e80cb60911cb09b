"""The triggers that models share: guards against mistakes, not against their owner."""

import pgtrigger


def append_only() -> list[pgtrigger.Trigger]:
    """Rows are never edited and never deleted."""
    return [
        *kept_forever(),
        pgtrigger.Protect(name="no_edit", operation=pgtrigger.Update),
    ]


def kept_forever() -> list[pgtrigger.Trigger]:
    """Rows are never deleted."""
    return [
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func="""
                RAISE EXCEPTION '% is kept forever', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            """,
        ),
    ]


def only_moves(*columns: str, unless: str) -> pgtrigger.Trigger:
    """Of a row nothing but `columns` changes, and not even these where `unless` holds.

    `unless` is SQL over OLD and NEW.
    """
    others = " ".join(f"- '{column}'" for column in columns)
    return pgtrigger.Trigger(
        name="only_moves",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF (to_jsonb(NEW) {others}) IS DISTINCT FROM (to_jsonb(OLD) {others})
               OR ({unless}) THEN
                RAISE EXCEPTION 'this change of % is not allowed', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,
    )


def refused_if(
    name: str,
    wrong: str,
    says: str,
    *,
    operation: pgtrigger.Operation = pgtrigger.Insert,
) -> pgtrigger.Trigger:
    """No row is written for which `wrong` holds, SQL over NEW."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=operation,
        func=f"""
            IF {wrong} THEN
                RAISE EXCEPTION '{says}' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        """,
    )
