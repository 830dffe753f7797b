# The front-end packages, without their npm.
FROM node:22.21.1-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM python:3.12.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt && useradd --system --uid 10001 --no-create-home socialdesk
# The face is gathered among the static files; the icons are drawn into the pages, so they stay.
COPY --from=front-end /app/node_modules/@fontsource-variable/inter ./node_modules/@fontsource-variable/inter
COPY --from=front-end /app/node_modules/@tabler/icons/icons/outline ./node_modules/@tabler/icons/icons/outline
COPY . .
# No secret is needed to gather files: the checks that ask for one run when web, worker or beat start.
RUN SOCIALDESK_MODE=production SECRET_KEY=only-while-building python manage.py collectstatic --no-input --skip-checks
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-m", "scripts.probe"]
CMD ["uvicorn", "socialdesk.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--timeout-graceful-shutdown", "20"]
