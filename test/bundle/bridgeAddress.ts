import Docker from "dockerode";
import { z } from "zod";

const Network = z.object({ IPAM: z.object({ Config: z.tuple([z.object({ Gateway: z.ipv4() })]).rest(z.unknown()) }) });

/** This host's address on Docker's default bridge network, which exists on every Docker host. */
export async function bridgeAddress(): Promise<string> {
  const { IPAM } = Network.parse(await new Docker().getNetwork("bridge").inspect());
  return IPAM.Config[0].Gateway;
}
