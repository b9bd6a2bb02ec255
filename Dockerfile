# heedful as it is installed by its wheel, with the versions of the lock; nothing of it runs as root.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: --prefix /heedful -r requirements.lock \
    && PYTHONPATH=/heedful/lib/python3.11/site-packages \
       python -m pip install --no-cache-dir --no-deps --no-build-isolation --prefix /heedful .

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --home-dir /var/lib/heedful heedful
COPY --from=build /heedful /usr/local
USER heedful
WORKDIR /var/lib/heedful
ENTRYPOINT ["heedful"]
CMD ["worker"]
