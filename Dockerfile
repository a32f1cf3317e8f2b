# One image for every command; the worker is the default.
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN ["python", "-m", "venv", "/opt/cordial-streams"]
COPY requirements.lock ./
RUN ["/opt/cordial-streams/bin/pip", "install", "--require-hashes", "-r", "requirements.lock"]
COPY . ./
RUN ["/opt/cordial-streams/bin/pip", "install", "--no-deps", "."]

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="cordial-streams" \
      org.opencontainers.image.description="Carries a company's Kafka event bus to Cordial" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/cordial-streams /opt/cordial-streams
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
