# Three stages: the page is built with Node, the dashboard is installed with uv, and only their results are kept.
# A digest is the index of a tag for every architecture. `docker buildx imagetools inspect python:3.11-slim` prints a newer one.

FROM node:20-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0 AS page
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci
COPY frontend ./
RUN npm run build

FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7 AS install
WORKDIR /build
COPY requirements requirements
RUN pip install --no-cache-dir --require-hashes --requirement requirements/uv.txt && uv venv /opt/mouse
# The image is read-only when it runs: what is not compiled here would be compiled anew at every start.
ENV VIRTUAL_ENV=/opt/mouse UV_COMPILE_BYTECODE=1
# The dependencies first: they stay cached while only the code changes. The image is for the CPU.
COPY constraints.txt ./
RUN uv pip install --no-cache --torch-backend=cpu --constraints constraints.txt --requirements requirements/dashboard.txt
COPY pyproject.toml README.md LICENSE ./
COPY mouse mouse
COPY server server
COPY --from=page /build/server/mouse_dashboard/page server/mouse_dashboard/page
RUN uv pip install --no-cache --no-deps --build-constraints requirements/dev.txt .

FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7
RUN useradd --uid 1000 --no-create-home mouse && install --directory --owner=mouse /data
COPY --from=install /opt/mouse /opt/mouse
ENV PATH=/opt/mouse/bin:$PATH PYTHONUNBUFFERED=1 MOUSE_HOST=0.0.0.0 MOUSE_PORT=8000 MOUSE_DATA_DIR=/data
USER 1000
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/health', timeout=3)"]
CMD ["mouse", "dashboard", "--no-open"]
