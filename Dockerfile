# The application, for docker-compose.yml. Build it from the root of the repository.
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-morisawa-bizud-gothic \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 tsumugi \
    && install --directory --owner=tsumugi \
        /var/lib/tsumugi/digests /var/lib/tsumugi/audio /var/lib/tsumugi/backups

# The font library remembers what it found in the one place that can be written to.
ENV PYTHONUNBUFFERED=1 XDG_CACHE_HOME=/tmp/cache
WORKDIR /app

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps --requirement requirements.lock

COPY manage.py ./
COPY config config
COPY regions regions
COPY stakeholders stakeholders
COPY dialogues dialogues
COPY stories stories
COPY templates templates
COPY static static

# Bytecode now, because the application's user may not write here later. Collecting static files
# needs settings but nothing secret; DEBUG gives them a key of no value.
RUN python -m compileall -q config regions stakeholders dialogues stories \
    && DEBUG=1 python manage.py collectstatic --no-input --verbosity 0

USER tsumugi
EXPOSE 8000
CMD ["python", "-m", "config.web", "--host", "0.0.0.0", "--port", "8000"]
