import { z } from "zod";

/**
 * The only fields of the gateways' containers that callers can see: id, addresses and published ports.
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
