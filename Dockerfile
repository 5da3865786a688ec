# The server: the page and the HTTP API. How to run it: docs/deploying.md.

FROM docker.io/library/node:22-bookworm-slim AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 # ONNX Runtime for other systems and other processors
 && cd node_modules/onnxruntime-node/bin/napi-v6 \
 && ls -d */* | grep -v "^$(node -p 'process.platform + "/" + process.arch')$" | xargs rm -r

FROM docker.io/library/node:22-bookworm-slim
# Neither a file of the program nor a folder belongs to who runs it: nothing is written but where a volume lies.
COPY --from=build /source/package.json /source/LICENSE /opt/mpa-fer/
COPY --from=build /source/node_modules /opt/mpa-fer/node_modules
COPY --from=build /source/models /opt/mpa-fer/models
COPY --from=build /source/dist /opt/mpa-fer/dist
ENV NODE_ENV=production
USER 10001:10001
EXPOSE 8086
STOPSIGNAL SIGTERM
# Without its token the server says 401, and lives.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8086/api/health').then((r) => process.exit(r.status < 500 ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/mpa-fer/dist/apps/cli/main.js"]
CMD ["serve", "--host", "0.0.0.0"]
