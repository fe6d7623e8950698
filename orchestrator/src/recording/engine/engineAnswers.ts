import { z } from "zod";

/** The parts of the Docker Engine API's answers that are read. */

export const Created = z.object({ Id: z.string() });
export const Image = z.object({ Id: z.string() });

const Networks = z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string() })) });

export const Inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  State: z.object({ Running: z.boolean(), ExitCode: z.int() }),
  NetworkSettings: Networks,
  Mounts: z.array(
    z.object({ Type: z.string(), Name: z.string().optional(), Source: z.string(), Destination: z.string() }),
  ),
});

export const Listed = z.array(z.object({ Id: z.string(), Names: z.array(z.string()) }));

export const ListedGateways = z.array(
  z.object({
    Id: z.string(),
    NetworkSettings: Networks,
    Ports: z.array(z.object({ PrivatePort: z.int(), PublicPort: z.int().optional(), Type: z.string() })),
  }),
);
