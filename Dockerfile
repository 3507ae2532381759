# The images of docker-compose.yaml, by their targets: airflow, jupyter, simulator, localstack; and
# env, which writes .env where there is no Python. What is installed is locked with hashes, and
# comes before the code, which changes more often.
ARG AIRFLOW_IMAGE=apache/airflow:3.3.2-python3.13
ARG LOCALSTACK_IMAGE=localstack/localstack:4.14.0
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

# ---- uv, which holds the hashes of constraints against what it installs
FROM ${PYTHON_IMAGE} AS uv
RUN pip install --no-cache-dir --root-user-action ignore uv==0.13.9

# ---- mysqlclient has no wheel for Linux, and the other images no compiler
FROM ${PYTHON_IMAGE} AS wheels
# hadolint ignore=DL3008  # Debian keeps one version of a package
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
# hadolint ignore=DL3042  # the cache is a mount
RUN --mount=type=bind,source=requirements-image.lock,target=/tmp/requirements.lock \
    --mount=type=cache,target=/root/.cache/pip \
    sed -n '/^mysqlclient==/,/[^\\]$/p' /tmp/requirements.lock > /tmp/mysqlclient.txt \
    && pip wheel --no-deps --require-hashes --requirement /tmp/mysqlclient.txt --wheel-dir /wheels

# ---- Airflow with the library and its DAGs
FROM ${AIRFLOW_IMAGE} AS airflow
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    --mount=type=bind,source=requirements-image.lock,target=/requirements.lock \
    --mount=type=cache,target=/tmp/.cache,uid=50000 \
    umask 0002 \
    && export UV_CACHE_DIR=/tmp/.cache/uv UV_LINK_MODE=copy \
    && uv pip install --no-deps /wheels/mysqlclient-*.whl \
    && uv pip install --no-deps --require-hashes --requirement /requirements.lock
# What every start imports is compiled here, for a container's file system is read-only; all that is
# installed would be ten times as much.
RUN umask 0002 && AIRFLOW_CONFIG=/tmp/airflow.cfg python -c "import \
        airflow.api_fastapi.core_api.app, airflow.api_fastapi.execution_api.app, \
        airflow.cli.commands.api_server_command, airflow.cli.commands.dag_processor_command, \
        airflow.cli.commands.db_command, airflow.cli.commands.scheduler_command, \
        airflow.cli.commands.triggerer_command, airflow.dag_processing.manager, \
        airflow.jobs.scheduler_job_runner, airflow.jobs.triggerer_job_runner, \
        airflow.providers.celery.cli.celery_command, \
        airflow.providers.celery.executors.celery_executor, \
        airflow.providers.fab.auth_manager.cli_commands.utils, airflow.providers.fab.www.app, \
        airflow.sdk.execution_time.task_runner, airflow.utils.serve_logs, \
        asyncpg, boto3, cassandra.cluster, celery.bin.celery, celery.worker, confluent_kafka, \
        kombu.transport.redis, MySQLdb, pandas, psycopg2, pyarrow.parquet, \
        typer.main, uvicorn.main" \
    && rm -f /tmp/airflow.cfg
WORKDIR /opt/airflow
COPY --chown=50000:0 pyproject.toml ./
COPY --chown=50000:0 include include
RUN umask 0002 && uv pip install --no-cache --no-deps --no-build-isolation --editable .
# In place of the command of that name: gives it the sources' connections that the entry point does.
COPY --chown=50000:0 --chmod=775 deploy/compose/dataflow360 /home/airflow/.local/bin/
COPY --chown=50000:0 config config
COPY --chown=50000:0 lambda lambda
COPY --chown=50000:0 stack/__init__.py stack/sources.py stack/
COPY --chown=50000:0 plugins plugins
COPY --chown=50000:0 dags dags
RUN umask 0002 && mkdir -p inbox landing && python -m compileall -q config include lambda stack
ENV PYTHONPATH=/opt/airflow
HEALTHCHECK --interval=10s --timeout=10s --start-period=300s --retries=6 \
    CMD ["curl", "-fs", "-o", "/dev/null", "http://127.0.0.1:8080/api/v2/monitor/health"]
ENTRYPOINT ["/usr/bin/dumb-init", "--", "python", "-m", "stack.sources", "/entrypoint"]
CMD ["api-server"]
USER 50000:0

# ---- the notebook
FROM airflow AS jupyter
RUN --mount=type=bind,source=requirements-notebook.lock,target=/requirements.lock \
    --mount=type=cache,target=/tmp/.cache,uid=50000 \
    umask 0002 \
    && export UV_CACHE_DIR=/tmp/.cache/uv UV_LINK_MODE=copy \
    && uv pip install --no-deps --require-hashes --requirement /requirements.lock
COPY --chown=50000:0 notebooks notebooks
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=10s --start-period=300s --retries=6 \
    CMD ["curl", "-fs", "-o", "/dev/null", "http://127.0.0.1:8888/api"]
CMD ["bash", "-c", "exec jupyter lab --no-browser --ip 0.0.0.0 --port 8888 notebooks/explore.ipynb"]

# ---- the source simulator
FROM ${PYTHON_IMAGE} AS simulator
RUN --mount=type=bind,from=uv,source=/usr/local/bin/uv,target=/usr/local/bin/uv \
    --mount=type=bind,source=requirements-image.lock,target=/tmp/requirements.lock \
    --mount=type=cache,target=/root/.cache/uv \
    UV_LINK_MODE=copy uv pip install --system \
        --constraint /tmp/requirements.lock faker fastapi numpy pandas pyarrow uvicorn \
    && useradd --uid 10001 --no-create-home simulator
WORKDIR /opt/dataflow360
COPY include include
COPY stack/__init__.py stack/
COPY stack/simulator stack/simulator
ENV PYTHONPATH=/opt/dataflow360/include:/opt/dataflow360
# Compiles what it imports, for the container's file system is read-only.
RUN python -c "import stack.simulator.app, uvicorn.main"
USER 10001
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=10s --start-period=300s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8090/health', timeout=4)"]
# No log of requests: some carry keys.
CMD ["uvicorn", "stack.simulator.app:app", "--host", "0.0.0.0", "--port", "8090", \
     "--no-access-log", "--timeout-graceful-shutdown", "2"]

# ---- LocalStack, whose functions are processes
FROM ${LOCALSTACK_IMAGE} AS localstack
RUN --mount=type=bind,from=uv,source=/usr/local/bin/uv,target=/usr/local/bin/uv \
    --mount=type=bind,source=requirements-localstack.lock,target=/tmp/requirements.lock \
    --mount=type=cache,target=/root/.cache/uv \
    UV_LINK_MODE=copy uv pip install --python /opt/code/localstack/.venv/bin/python \
        --constraint /tmp/requirements.lock awslambdaric
COPY stack/__init__.py /opt/dataflow360/stack/
COPY stack/localstack /opt/dataflow360/stack/localstack
# How LocalStack finds the plugins.
COPY stack/localstack/METADATA stack/localstack/entry_points.txt \
    /opt/dataflow360/dataflow360_localstack-1.dist-info/
ENV PYTHONPATH=/opt/dataflow360 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/cache \
    DISABLE_EVENTS=1 \
    DNS_ADDRESS=0 \
    EAGER_SERVICE_LOADING=1 \
    GATEWAY_LISTEN=0.0.0.0:4566 \
    LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC=0.25 \
    LAMBDA_RUNTIME_EXECUTOR=process \
    PROVIDER_OVERRIDE_DYNAMODB=stack \
    PROVIDER_OVERRIDE_KINESIS=stack \
    PROVIDER_OVERRIDE_S3=stack \
    SERVICES=cloudwatch,dynamodb,iam,kinesis,lambda,logs,s3,sqs,sts \
    SKIP_SSL_CERT_DOWNLOAD=1 \
    SQS_ENDPOINT_STRATEGY=path
# The user localstack.
USER 1000
HEALTHCHECK --interval=10s --timeout=10s --start-period=300s --retries=6 \
    CMD ["curl", "-fs", "-o", "/dev/null", "http://127.0.0.1:4566/_localstack/health"]

# ---- .env, written into a checkout that is mounted at /project, for the owner of that
FROM ${PYTHON_IMAGE} AS env
RUN --mount=type=bind,from=uv,source=/usr/local/bin/uv,target=/usr/local/bin/uv \
    --mount=type=bind,source=requirements-image.lock,target=/tmp/requirements.lock \
    --mount=type=cache,target=/root/.cache/uv \
    UV_LINK_MODE=copy uv pip install --system \
        --constraint /tmp/requirements.lock pydantic python-dotenv
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/project/include
WORKDIR /project
HEALTHCHECK NONE
CMD ["sh", "-ec", "python -m stack.settings; \
     for path in .env .stack .stack/demo .stack/demo/inbox; do \
         [ ! -e $path ] || chown --reference=. $path; \
     done"]
