"""The program, with less patience for a broker that refuses it."""

from streams.running import worker

worker.REFUSED_RETRY, worker.REFUSED_PATIENCE = 1.0, 3.0

if __name__ == "__main__":
    from streams.cli import main

    main()
