import type { FastifyInstance } from "fastify";
import { generatePeerId } from "../ids.ts";
import type { Worlds } from "../worlds.ts";
import { apiKeyOf } from "./apiKey.ts";

/** The REST paths that PeerJS asks for an id and for the list of peers, below `path: "/"` and `path: "/peerjs"`. */
export function servePeerJsRest(app: FastifyInstance, worlds: Worlds): void {
  for (const path of ["", "/peerjs"]) {
    app.get<{ Params: { key: string } }>(`${path}/:key/id`, async ({ params }, reply) => {
      if (!worlds.find(apiKeyOf(params.key))) return reply.code(401).type("text/plain").send("unknown key");
      return reply.type("text/plain").send(generatePeerId());
    });
    app.get<{ Params: { key: string } }>(`${path}/:key/peers`, async ({ params }, reply) => {
      const world = worlds.find(apiKeyOf(params.key));
      return world?.connectedIds() ?? reply.code(401).send([]);
    });
  }
}
