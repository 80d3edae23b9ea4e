import type { Instance, Running } from "../running";

/** What a broker's JMX agent serves, asked from inside its container with what the image has: bash. */
export async function agentMetrics(running: Running, broker: Instance, port: number): Promise<string> {
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
  const { code, stdout, stderr } = await running.exec(broker, ["bash", "-c", script], { timeout: 30_000 });
  if (code !== 0 || !/^HTTP\/1\.\d 200/.test(stdout)) {
    throw new Error(`the agent's port ${port} does not answer: ${(stderr || stdout).trim().split("\n")[0]}`);
  }
  return stdout.slice(stdout.indexOf("\r\n\r\n") + 4);
}

/** Begins a conversation with a broker's RMI port; a JVM answers it with its first letter. */
export async function rmiAnswers(running: Running, broker: Instance, port: number): Promise<boolean> {
  const hello = "JRMI\\x00\\x02\\x4b"; // magic, version 2, stream protocol
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && printf '${hello}' >&3 && read -r -N1 -t 10 answer <&3 && echo "$answer"`;
  const { stdout } = await running.exec(broker, ["bash", "-c", script], { timeout: 30_000 });
  return stdout.trim() === "N"; // "protocol accepted"
}
