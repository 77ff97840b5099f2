# A static server in an image that holds nothing else.
#
#   docker build -t grandstand .
#   docker run --rm -p 8080:8080 grandstand --listen :8080
#
# The control port stays on the container's loopback unless --control says
# otherwise, and then wants an API key: see configs/standalone.yaml.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /server ./server

FROM scratch
COPY --from=build /server /server
COPY configs /configs
# Nobody: the server needs no right but to listen above port 1024.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/server"]
