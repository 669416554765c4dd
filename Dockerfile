# docker build -t jcs . && docker run --rm -v "$PWD/home:/home/jcs/.jcs" jcs version
FROM node:20-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY stubs stubs
RUN npm ci
COPY . .
RUN npm run build

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home jcs
COPY --from=build /src/dist/jcs /usr/local/bin/jcs
USER jcs
WORKDIR /home/jcs
ENTRYPOINT ["jcs"]
