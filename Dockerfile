# Two stages: the second holds the binary and the roots that it trusts, no shell.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /perigee ./cmd/perigee && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /perigee /perigee
# A new volume takes over the owner of what it hides.
COPY --from=build --chown=65532:65532 /data /data

# So that `docker exec … perigee check` finds it.
ENV PATH=/
# The admin listener must be reachable for whoever scrapes the container. Publish
# its port to those alone.
ENV PERIGEE_LISTEN=:8080 PERIGEE_ADMIN_LISTEN=:8081
EXPOSE 8080 8081

# What was fetched and what was spent outlive the container.
ENV PERIGEE_DATA_DIR=/data
VOLUME /data

# Nobody, by number: there is no /etc/passwd to look a name up in.
USER 65532:65532
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 CMD ["/perigee", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/perigee"]
