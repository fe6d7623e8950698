import type { Overlay } from "../bundle/compose.ts";
import { recreate } from "../bundle/recreate.ts";
import { type Family, openServerAddress, SERVERS } from "../network/roamingHost.ts";
import { recorderIsRegistered, untilAllHealthy } from "./expectations.ts";

/** Publishes the bundle at the IPv4 address for roaming hosts. */
export const ON_SECOND_ADDRESS: Overlay = {
  files: ["--file", "test/network/secondAddress.yml"],
  env: { SECOND_ADDRESS: SERVERS[4], ANNOUNCED_IP: SERVERS[4] },
};
const PUBLISHED = ["web", "skyway-webrtc-gateway"];

/**
 * Also publishes the bundle at this host's address for roaming hosts, until the end of the scope (`await using`).
 *
 * @param overlay the overlay that publishes it.
 */
export async function publishForRoamingHosts(family: Family, overlay: Overlay): Promise<AsyncDisposable> {
  const address = await openServerAddress(family);
  const restore = async () => {
    await recreate(PUBLISHED);
    await address[Symbol.asyncDispose]();
    await recorderIsRegistered();
    await untilAllHealthy();
  };
  try {
    await recreate(PUBLISHED, overlay);
    await recorderIsRegistered();
  } catch (error) {
    await restore();
    throw error;
  }
  return { [Symbol.asyncDispose]: restore };
}
