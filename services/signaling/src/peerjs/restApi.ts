import type { FastifyInstance } from "fastify";
import { generatePeerId } from "../ids.ts";
import type { Tenants } from "../tenants.ts";
import { apiKeyOf } from "./apiKey.ts";

/** REST paths of PeerJS for a new id and for the list of peers, below `path: "/"` and `path: "/peerjs"`. */
export function servePeerJsRest(app: FastifyInstance, tenants: Tenants): void {
  for (const path of ["", "/peerjs"]) {
    app.get<{ Params: { key: string } }>(`${path}/:key/id`, async ({ params }, reply) => {
      if (!tenants.find(apiKeyOf(params.key))) return reply.code(401).type("text/plain").send("unknown key");
      return reply.type("text/plain").send(generatePeerId());
    });
    app.get<{ Params: { key: string } }>(`${path}/:key/peers`, async ({ params }, reply) => {
      const tenant = tenants.find(apiKeyOf(params.key));
      return tenant?.connectedIds() ?? reply.code(401).send([]);
    });
  }
}
