/** Runs inside a host and forwards connections to the socket to the port. `node forwardInside.ts <socket> <port>` */
import { rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";

const [path = "", port = ""] = process.argv.slice(2);
rmSync(path, { force: true });
createServer((socket) => {
  const further = createConnection(Number(port), "127.0.0.1");
  socket.pipe(further).pipe(socket);
  socket.on("error", () => further.destroy()).on("close", () => further.destroy());
  further.on("error", () => socket.destroy()).on("close", () => socket.destroy());
}).listen(path, () => void process.stdout.write("open\n"));
process.stdin.resume().on("end", () => process.exit(0));
