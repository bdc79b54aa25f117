-- Types of one's own and of the extensions that come with the server, for tests/types.
CREATE EXTENSION citext;
CREATE EXTENSION cube;
CREATE EXTENSION hstore;
CREATE EXTENSION intarray;
CREATE EXTENSION isn;
CREATE EXTENSION lo;
CREATE EXTENSION ltree;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION seg;

CREATE TYPE mood AS ENUM ('sad', 'o''k "q", {x}', 'NULL');
CREATE TYPE "Odd ""type"", it's" AS ENUM ('odd');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nest AS (p pair, l pair[], h jsonb);

CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE DOMAIN smallpos AS posint CHECK (value < 1000);
CREATE DOMAIN amount AS numeric;
CREATE DOMAIN flag AS bool;
CREATE DOMAIN blob AS bytea;
CREATE DOMAIN deepblob AS blob;
CREATE DOMAIN blobs AS bytea[];
CREATE DOMAIN tags AS text[];
CREATE DOMAIN moods AS mood[];
CREATE DOMAIN hours AS tstzrange;
CREATE DOMAIN moment AS timestamptz;
CREATE DOMAIN doc AS jsonb;
CREATE DOMAIN checked AS pair CHECK ((value).a > 0);

CREATE TYPE textrange AS RANGE (subtype = text);
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE TYPE moodrange AS RANGE (subtype = mood);
CREATE TYPE tagrange AS RANGE (subtype = text[]);
CREATE TYPE nestedrange AS RANGE (subtype = int4range);

CREATE TYPE made;
CREATE FUNCTION made_in(cstring) RETURNS made STRICT IMMUTABLE LANGUAGE internal AS 'textin';
CREATE FUNCTION made_out(made) RETURNS cstring STRICT IMMUTABLE LANGUAGE internal AS 'textout';
CREATE TYPE made (INPUT = made_in, OUTPUT = made_out, LIKE = text);

-- Something to make statistics of, whose values are types of their own.
CREATE TABLE observed AS SELECT i % 2 AS a, i % 2 AS b FROM generate_series(1, 100) i;
CREATE STATISTICS seen ON a, b FROM observed;
ANALYZE observed;
