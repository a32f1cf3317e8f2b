import socket

from streams.demo import ports


def test_a_port_that_somebody_has_is_not_given(monkeypatch):
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", taken := ports.free_port()))
        monkeypatch.setattr(ports, "OURS", range(taken, taken + 3))
        assert taken not in {ports.free_port() for _ in range(20)}


def test_no_connection_gets_such_a_port_before_it_is_used():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname()) as client:
            assert client.getsockname()[1] not in ports.OURS
