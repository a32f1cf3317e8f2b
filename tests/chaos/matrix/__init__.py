"""The matrix of faults: sixty-three rows, each with what must hold and the tests that cause it."""

from tests.chaos.matrix.broker import BROKER
from tests.chaos.matrix.cordial import CORDIAL
from tests.chaos.matrix.data import DATA
from tests.chaos.matrix.process import PROCESS
from tests.chaos.matrix.row import Row
from tests.chaos.matrix.state import STATE

PARTS = {
    "Process and group": PROCESS,
    "Broker and the way to it": BROKER,
    "Cordial and the way to it": CORDIAL,
    "Data": DATA,
    "Tables, operations, security": STATE,
}
ROWS: tuple[Row, ...] = (*PROCESS, *BROKER, *CORDIAL, *DATA, *STATE)

__all__ = ["PARTS", "ROWS", "Row"]
