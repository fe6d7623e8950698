import { z } from "zod";

/**
 * What is shown of the gateways' containers, of all that the engine knows of them: under which addresses they are
 * reached, and which ports of the host are theirs.
 */
export const gatewayList = z.array(
  z.object({
    Id: z.string(),
    Ports: z.array(
      z.object({
        IP: z.string().optional(),
        PrivatePort: z.int(),
        PublicPort: z.int().optional(),
        Type: z.string(),
      }),
    ),
    NetworkSettings: z.object({
      Networks: z.record(z.string(), z.object({ IPAddress: z.string() })),
    }),
  }),
);
