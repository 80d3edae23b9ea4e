import type { ChildProcess } from "node:child_process";
import * as http from "node:http";
import * as https from "node:https";
import type { PeerCertificate, TLSSocket } from "node:tls";

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** The server's, by https. */
  readonly certificate?: PeerCertificate;
  /** Whether that one is trusted and the host's own, by https. */
  readonly trusted?: boolean;
}

export interface Ask {
  readonly host: string;
  /** @default "/" */
  readonly path?: string;
  /** `user:password`. */
  readonly auth?: string;
}

/** Milliseconds for a forwarded port, and for one answer. */
const TIMEOUT = { forward: 30_000, answer: 10_000 } as const;

/** The ports of a controller, by ports of this machine. */
export class Entrance {
  readonly #ports = new Map<number, number>();

  private constructor(readonly process: ChildProcess) {}

  /**
   * @param process a `kubectl port-forward`, whose output is piped
   * @param targets ports of the controller's container that it forwards
   */
  static async open(process: ChildProcess, targets: readonly number[]): Promise<Entrance> {
    const entrance = new Entrance(process);
    let said = "";
    let late: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        late = setTimeout(() => reject(new Error(`no port was forwarded: ${said}`)), TIMEOUT.forward);
        const take = (chunk: Buffer): void => {
          said += chunk.toString();
          for (const [, own, target] of said.matchAll(/127\.0\.0\.1:(\d+) -> (\d+)/g))
            entrance.#ports.set(Number(target), Number(own));
          if (targets.every((target) => entrance.#ports.has(target))) resolve();
        };
        process.stdout?.on("data", take);
        process.stderr?.on("data", take);
        process.on("error", reject);
        process.on("close", () => reject(new Error(`kubectl port-forward ended: ${said.trim()}`)));
      });
    } catch (error) {
      entrance.close();
      throw error;
    } finally {
      clearTimeout(late);
    }
    return entrance;
  }

  close(): void {
    this.process.kill();
  }

  /** By http. */
  plain(target: number, ask: Ask): Promise<Answer> {
    return answer(http.request(this.#options(target, ask)));
  }

  /** By https, with the host's name in the handshake, as browsers do. `authority`: whom to trust. @default the usual ones */
  secure(target: number, ask: Ask, authority?: string): Promise<Answer> {
    const tls = { servername: ask.host, rejectUnauthorized: false, ...(authority ? { ca: authority } : {}) };
    return answer(https.request({ ...this.#options(target, ask), ...tls }));
  }

  #options(target: number, { host, path = "/", auth }: Ask): http.RequestOptions {
    const port = this.#ports.get(target);
    if (port === undefined) throw new Error(`port ${target} is not forwarded`);
    // a connection of its own each time: one that is kept would go on with the certificate that it began with
    return { host: "127.0.0.1", port, path, agent: false, headers: { host }, ...(auth ? { auth } : {}) };
  }
}

function answer(request: http.ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.setTimeout(TIMEOUT.answer, () => request.destroy(new Error(`no answer within ${TIMEOUT.answer / 1000} s`)));
    request.on("error", reject);
    request.on("response", (response) => {
      const socket = response.socket as Partial<TLSSocket>;
      const secure = socket.encrypted
        ? { certificate: socket.getPeerCertificate?.(), trusted: socket.authorized ?? false }
        : {};
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => {
        const { certificate, ...rest } = secure as Pick<Answer, "certificate" | "trusted">;
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body, ...rest, ...(certificate ? { certificate } : {}) });
      });
    });
    request.end();
  });
}
