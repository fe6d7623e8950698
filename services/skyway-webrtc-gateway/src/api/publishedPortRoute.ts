import { z } from "zod";
import type { PublishedPort } from "../webrtc/publishedPort.ts";
import { readFields } from "./fields.ts";
import type { Handlers } from "./handlers.ts";
import { OPERATIONS } from "./operations.ts";

const told = z.object({ port: z.int().min(1).max(65_535) });

/** Which port of the host is this gateway's: what it tells callers, besides its own address. */
export function publishedPortRoute(publishedPort: PublishedPort): Handlers {
  return {
    async putPublishedPort(request) {
      publishedPort.tell(readFields(told, request.body).port);
      return { command_type: OPERATIONS.putPublishedPort.commandType, params: { port: publishedPort.number } };
    },
  };
}
