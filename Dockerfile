# waltrack in a container: docs/docker.md says how to run it.
#
#   docker build -t waltrack .
#   docker run --rm waltrack --help
#
# Works with BuildKit and with the builder that came before it.

FROM debian:trixie-slim AS builder
# Any mirror of Debian, without the /debian of the address.
ARG DEBIAN_MIRROR=http://deb.debian.org
ENV DEBIAN_FRONTEND=noninteractive
RUN find /etc/apt -name '*.sources' -o -name sources.list \
      | xargs -r sed -i "s|http://deb.debian.org|$DEBIAN_MIRROR|" \
 && apt-get update \
 && apt-get install -y --no-install-recommends \
      g++ cmake ninja-build pkg-config \
      libpq-dev libpqxx-dev libsimdjson-dev nlohmann-json3-dev libyaml-cpp-dev libsqlite3-dev \
      libsqlitecpp-dev libcurl4-openssl-dev libisal-dev libxxhash-dev libssl-dev libspdlog-dev \
      libfmt-dev libcli11-dev libcpp-httplib-dev libre2-dev libutf8proc-dev zlib1g-dev \
      prometheus-cpp-dev robin-map-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /waltrack
COPY CMakeLists.txt ./
COPY cmake cmake
COPY src src
RUN cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
      -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -DNDEBUG" -DCMAKE_INSTALL_PREFIX=/usr/local \
      -DWALTRACK_TESTS=OFF -DWALTRACK_BENCHMARKS=OFF \
 && cmake --build build --target waltrack \
 && cmake --install build --strip

FROM debian:trixie-slim
ARG DEBIAN_MIRROR=http://deb.debian.org
RUN find /etc/apt -name '*.sources' -o -name sources.list \
      | xargs -r sed -i "s|http://deb.debian.org|$DEBIAN_MIRROR|" \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates libcpp-httplib0.18 libcurl4t64 libisal2 libpq5 libprometheus-cpp-core1.0 \
      libre2-11 libsimdjson25 libspdlog1.15 libsqlite3-0 libssl3t64 libutf8proc3 libxxhash0 libyaml-cpp0.8 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 waltrack \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/waltrack waltrack \
 && install -d -o waltrack -g waltrack /var/lib/waltrack \
 && install -d /etc/waltrack
COPY LICENSE /usr/local/share/doc/waltrack/
COPY --from=builder /usr/local/bin/waltrack /usr/local/bin/
# Ends the build if a library is missing.
RUN waltrack --version
USER waltrack
WORKDIR /etc/waltrack
VOLUME /var/lib/waltrack
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["waltrack", "status", "--health"]
ENTRYPOINT ["waltrack"]
CMD ["run"]
