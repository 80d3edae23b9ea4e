import { Redis, type RedisArgs } from "../../../components/redis";
import { CLI } from "../../../components/redis/scripts";
import { PORT, spec } from "../../../components/redis/spec";
import type { Declaration, DeclaredComponent } from "../declared";
import { type Check, pass, verdict } from "../outcome";
import type { Instance, Running } from "../running";

const FAMILY = "redis";

/** Checks of every Redis that the stack runs itself. */
export function redisChecks(running: Running, declaration: Declaration): Check[] {
  const own = declaration.all(Redis).filter(({ args }) => !args.existing);
  return own.flatMap((component) => serverChecks(running, component));
}

function serverChecks(running: Running, { name, args }: DeclaredComponent<RedisArgs>): Check[] {
  const answers = "it answers who has a password";
  const instance: Instance = { workload: name, replica: 0 };
  const declared = spec(name, args);
  const cli = async (...command: string[]): Promise<string> =>
    (await running.exec(instance, ["sh", CLI, ...command])).stdout.trim();
  return [
    {
      family: FAMILY,
      title: answers,
      settle: 30,
      run: async () => {
        const reply = await cli("ping");
        return verdict(reply === "PONG" ? [] : [`ping is answered with: ${reply || "nothing"}`], "PONG");
      },
    },
    {
      family: FAMILY,
      title: "nobody gets in without one",
      after: answers,
      run: async () => {
        const { stdout } = await running.exec(instance, ["redis-cli", "-p", String(PORT), "ping"]);
        return /NOAUTH/.test(stdout) ? pass("NOAUTH") : verdict([`ping without a password: ${stdout.trim()}`], "");
      },
    },
    {
      family: FAMILY,
      title: "memory is bounded as declared",
      after: answers,
      run: async () => {
        const value = async (setting: string) => (await cli("config", "get", setting)).split("\n")[1]?.trim();
        const found = {
          maxmemory: Number(await value("maxmemory")),
          "maxmemory-policy": await value("maxmemory-policy"),
        };
        const wanted = { maxmemory: declared.maxMemory, "maxmemory-policy": declared.eviction };
        const problems = (["maxmemory", "maxmemory-policy"] as const).flatMap((key) =>
          found[key] === wanted[key] ? [] : [`${key} is ${found[key]}, declared is ${wanted[key]}`],
        );
        return verdict(problems, `${declared.maxMemory >> 20} MiB, ${declared.eviction}`);
      },
    },
  ];
}
