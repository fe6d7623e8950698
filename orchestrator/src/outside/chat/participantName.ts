import { z } from "zod";
import { readMetadata } from "../../archive/calls/metadata.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { DataStatus } from "../../recording/gateway/gateway.ts";

const Named = z.object({ name: z.string().min(1).max(200) });

/** A peer's name from the metadata of its data connection, or else of one of its legs. */
export function participantName({ legs }: Manifest, { remoteId, metadata }: DataStatus): string | undefined {
  const own = readMetadata(metadata).kept;
  const ofLegs = legs.filter(({ peerId }) => peerId === remoteId).map((leg) => leg.metadata);
  for (const one of [own, ...ofLegs]) {
    const { success, data } = Named.safeParse(one);
    if (success) return data.name;
  }
  return undefined;
}
