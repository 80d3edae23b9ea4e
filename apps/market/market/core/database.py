"""Where the database is, for the sink and the API."""

from dataclasses import dataclass

from market.core.environment import Environment


@dataclass(frozen=True)
class Database:
    host: str
    port: int
    name: str
    user: str
    #: Not part of the representation, which may end up in a log.
    password: str

    def __repr__(self) -> str:
        return f"Database({self.user}@{self.host}:{self.port}/{self.name})"


def read(environment: Environment) -> Database:
    return Database(
        host=environment.text("DATABASE_HOST", example="timescaledb"),
        port=environment.integer("DATABASE_PORT", 5432, 1, 65_535),
        name=environment.text("DATABASE_NAME", example="crypto_viz_ts"),
        user=environment.text("DATABASE_USER", example="market_sink"),
        password=environment.secret("DATABASE_PASSWORD_FILE"),
    )
