# One image for every command; the worker is the default. No step is of one architecture: what has
# no wheel for it (faust-streaming for arm64) is compiled in the first stage, which has a compiler.
# `make image` replays this file without a container engine, and runs what it makes.
FROM python:3.11.14-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements-build.lock requirements.lock ./
RUN ["pip", "install", "--require-hashes", "-r", "requirements-build.lock"]
RUN ["python", "-m", "venv", "--without-pip", "/opt/cordial-streams"]
RUN ["pip", "--python", "/opt/cordial-streams", "install", "--no-compile", "--require-hashes", "--build-constraint", "requirements-build.lock", "-r", "requirements.lock"]
COPY . ./
RUN ["pip", "--python", "/opt/cordial-streams", "install", "--no-compile", "--no-deps", "--build-constraint", "requirements-build.lock", "."]
# The root is read-only: nothing could be compiled there later.
RUN ["python", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "/opt/cordial-streams/lib"]

FROM python:3.11.14-slim-bookworm
ARG REVISION=unknown
LABEL org.opencontainers.image.title="cordial-streams" \
      org.opencontainers.image.description="Carries a company's Kafka event bus to Cordial" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11.14-slim-bookworm"
COPY --from=build /opt/cordial-streams /opt/cordial-streams
# The base image has no bytecode either, and what installs packages has no place here.
RUN ["python", "-m", "pip", "uninstall", "-q", "-y", "--root-user-action", "ignore", "pip", "setuptools", "wheel"]
RUN ["python", "-m", "compileall", "-q", "-x", "/(site-packages|test|tests|idlelib|lib2to3|turtledemo)/", "--invalidation-mode", "unchecked-hash", "/usr/local/lib/python3.11"]
RUN ["install", "-d", "-o", "10001", "-g", "10001", "/var/lib/cordial-streams"]
ENV PATH=/opt/cordial-streams/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CORDIAL_STREAMS_DATA_DIR=/var/lib/cordial-streams
WORKDIR /var/lib/cordial-streams
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["cordial-streams"]
CMD ["worker"]
