# An Asterisk to put beside the bridge: Debian's, with Debian's sample configuration. Bring your own trunk and phones.
FROM debian:sid-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends asterisk asterisk-core-sounds-en-gsm asterisk-moh-opsound-gsm \
 && rm -rf /var/lib/apt/lists/*
EXPOSE 5060/udp
ENTRYPOINT ["asterisk", "-U", "asterisk", "-f", "-p"]
