import { existsSync, readFileSync } from "node:fs";
import { openLog } from "@skyway-call-recorder/process/log.ts";
import { closeOnSignal } from "@skyway-call-recorder/process/shutdown.ts";
import { CONFIG_FILE, readConfiguration } from "./configuration.ts";
import { defaultRouteAddress } from "./defaultRoute.ts";
import { GatewayError } from "./errors.ts";
import { createGateway } from "./gateway.ts";
import { HeldMemory } from "./rtp/heldMemory.ts";
import { isWildcard } from "./rtp/numericSocket.ts";
import { describeOffer } from "./webrtc/codecDescription.ts";
import { createMediaSessions } from "./webrtc/mediaSessions.ts";
import { PublishedPort } from "./webrtc/publishedPort.ts";

/** Compose kills a service that takes longer than its stop_grace_period of 15 s. */
const SHUTDOWN_LIMIT_MS = 10_000;

const log = openLog("skyway-webrtc-gateway");

try {
  await start();
} catch (error) {
  log.fatal(`the gateway cannot start: ${error instanceof Error ? error.message : error}`);
  if (error instanceof GatewayError) log.fatal({ code: error.code }, error.hint);
  process.exit(1);
}

async function start(): Promise<void> {
  const file = existsSync(CONFIG_FILE) ? readFileSync(CONFIG_FILE, "utf8") : undefined;
  const configuration = readConfiguration(process.env, file);
  log.level = configuration.logLevel;

  const bindAddress = configuration.mediaBindAddress ?? defaultRouteAddress();
  // Firefox does not pair with a candidate on 127.0.0.1, but with the bound address, which a Linux host reaches too.
  const announcedIps = [...new Set([...configuration.announcedIps, bindAddress])];
  const { mediaPort, signalingUrl, apiPort, apiBindAddress, totalKbps, relay, unusedPeerMs } = configuration;
  const held = new HeldMemory(configuration.heldMediaBytes);
  const publishedPort = new PublishedPort(configuration.publishedPort);
  const sessions = createMediaSessions({
    ...{ mediaPort, bindAddress, announcedIps, publishedPort, totalKbps, relay, held, log },
  });
  const { createDataTransport, sendDatagram } = sessions;
  const media = { createSession: sessions.create, describeOffer, createDataTransport, sendDatagram };
  const content = {
    bindAddress: apiBindAddress,
    address: isWildcard(apiBindAddress) ? bindAddress : apiBindAddress,
  };
  const gateway = createGateway({ signalingUrl, media, content, publishedPort, held, unusedPeerMs, log });

  try {
    await gateway.api.listen({ port: apiPort, host: apiBindAddress });
  } catch (error) {
    throw new GatewayError("API_PORT_UNAVAILABLE", `${apiBindAddress}:${apiPort}`, { cause: error });
  }
  const relaySettings = relay && { iceTransportPolicy: "relay", turnServers: relay.servers };
  log.info(
    { apiPort, apiBindAddress, mediaPort, bindAddress, announcedIps, signalingUrl, ...relaySettings },
    "gateway is up",
  );

  closeOnSignal(async (signal) => {
    log.info({ signal }, "shutting down");
    await gateway.close();
    await sessions.close();
  }, SHUTDOWN_LIMIT_MS);
}
