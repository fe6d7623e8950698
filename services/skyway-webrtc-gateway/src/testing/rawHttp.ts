import { once } from "node:events";
import { connect } from "node:net";

/** Sends raw bytes to a server and returns its response, until the server closes the connection or `enough` is true. */
export async function sendRaw(
  port: number,
  text: string | Buffer,
  enough: (answer: string) => boolean = isWhole,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let answer = "";
  const closed = once(socket, "close");
  const answered = new Promise<void>((resolve) => {
    socket.on("data", (chunk) => {
      answer += chunk.toString();
      if (enough(answer)) resolve();
    });
  });
  socket.on("error", () => {});
  socket.write(text);
  await Promise.race([closed, answered]);
  socket.destroy();
  return answer;
}

function isWhole(answer: string): boolean {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return answer.includes("\r\n\r\n") && (length === undefined || Buffer.byteLength(body) >= Number(length));
}
