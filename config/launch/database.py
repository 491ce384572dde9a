"""Makes the two roles and the database, on the embedded server or on one that was named by DATABASE_URL."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.launch import files
from config.launch.trouble import Trouble

OWNER = "referral_owner"
APP = "referral_app"
DATABASE = "referral"
_APP_FILE = "application-role.env"
_ONE_ROLE = (
    "Warning: the role of DATABASE_URL may not create roles, so the application runs as the owner of its tables: "
    "set DATABASE_OWNER_URL too, and name an ordinary role in DATABASE_URL."
)


def make_roles(superuser_url: str, *, owner_password: str, app_password: str) -> None:
    """Make both roles and the database where they are missing; idempotent."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _ensure_role(connection, OWNER, owner_password)
        _ensure_role(connection, APP, app_password)
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone():
            create(connection, DATABASE)


def create(
    connection: "psycopg.Connection[Any]", name: str, *, template: str = "template1"
) -> None:
    """Make a database of the owner, empty or as a copy of another."""
    words = [sql.Identifier(part) for part in (name, template, OWNER)]
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*words))


def drop(connection: "psycopg.Connection[Any]", name: str) -> None:
    """Remove a database that may be lost, whoever is still connected to it."""
    connection.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def on(url: str, name: str) -> str:
    """Return the same server's address of another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def external(url: str, folder: Path) -> tuple[str, str, str | None]:
    """Return (application URL, owner URL, warning) for a database that was named by DATABASE_URL alone.

    When its role may create roles, an application role with fewer rights is made and its password kept in
    `folder`; otherwise the same role does both and the warning says so.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreaterole, current_database() FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            if row is None or not row[0]:
                return url, url, _ONE_ROLE
            name, password = _application_role(folder, str(row[1]))
            _ensure_role(connection, name, password)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise Trouble(
            f"The database of DATABASE_URL cannot be reached ({reason}): start it or correct the address."
        ) from None
    return _with_role(url, name, password), url, None


def _application_role(folder: Path, database: str) -> tuple[str, str]:
    """Return the kept role for this database; roles belong to the whole server, so the name carries the database's."""
    path = folder / _APP_FILE
    known = files.read_env(path)
    name = f"{database[:50]}_app"
    if known.get("APP_ROLE") != name:
        known = {"APP_ROLE": name, "APP_PASSWORD": secrets.token_urlsafe(24)}
        files.write_env(
            path, known, title="The role the application runs as, in the database of DATABASE_URL."
        )
    return known["APP_ROLE"], known["APP_PASSWORD"]


def _ensure_role(
    connection: "psycopg.Connection[tuple[object, ...]]", name: str, password: str
) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = "ALTER" if known else "CREATE"
    statement = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(
        sql.Identifier(name), sql.Literal(password)
    )
    connection.execute(statement)


def _with_role(url: str, name: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit(parts._replace(netloc=f"{quote(name)}:{quote(password)}@{place}"))
