"""Creates the SQL functions by which row-level security reads the scope of a transaction."""

from django.db import migrations

CREATE = """
CREATE FUNCTION scope_facility() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('scope.facility', true), '')::uuid $$;
CREATE FUNCTION scope_alliances() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('scope.alliances', true), ''), '{}')::uuid[] $$;
CREATE FUNCTION scope_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('scope.user', true), '')::uuid $$;
CREATE FUNCTION scope_is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('scope.system', true), '') = 'on' $$;
"""

DROP = """
DROP FUNCTION scope_facility();
DROP FUNCTION scope_alliances();
DROP FUNCTION scope_user();
DROP FUNCTION scope_is_system();
"""


class Migration(migrations.Migration):
    """Without a scope the functions give NULL, an empty array and false: policies fail closed."""

    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
