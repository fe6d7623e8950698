import { z } from "zod";
import type { PublishedPort } from "../webrtc/publishedPort.ts";
import { readFields } from "./fields.ts";
import type { Handlers } from "./handlers.ts";
import { OPERATIONS } from "./operations.ts";

const body = z.object({ port: z.int().min(1).max(65_535) });

/** Sets the host port that this gateway announces to callers together with its own address. */
export function publishedPortRoute(publishedPort: PublishedPort): Handlers {
  return {
    async putPublishedPort(request) {
      publishedPort.tell(readFields(body, request.body).port);
      return { command_type: OPERATIONS.putPublishedPort.commandType, params: { port: publishedPort.number } };
    },
  };
}
