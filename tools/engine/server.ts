import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as enginePb from "@pulumi/pulumi/proto/engine_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as resourcePb from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Monitor } from "./monitor";

const Feature = resourcePb.ResourceMonitorFeature;

/** What the monitor can do. Not: transforms, which need a call back into the program, and packages with parameters. */
const FEATURES = [
  Feature.RESOURCE_MONITOR_FEATURE_SECRETS,
  Feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
  Feature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
  Feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
  Feature.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
  Feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
  Feature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
  Feature.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
];

/** Serves a monitor on a free port of the loopback interface until `close`. */
export async function serve(monitor: Monitor): Promise<{ readonly address: string; close(): void }> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(ResourceMonitorService, {
    getDeploymentInfo: answer(() => {
      const info = new resourcePb.DeploymentInfo();
      info.setProject(monitor.settings.project);
      info.setStack(monitor.settings.stack);
      info.setDryrun(monitor.settings.preview ?? false);
      info.setSupportedfeaturesList(FEATURES);
      return info;
    }),
    registerResource: answer((request: resourcePb.RegisterResourceRequest) => monitor.register(request)),
    registerResourceOutputs: answer((request: resourcePb.RegisterResourceOutputsRequest) => {
      monitor.registerOutputs(request);
      return new Empty();
    }),
    readResource: answer((request: resourcePb.ReadResourceRequest) => monitor.read(request)),
    invoke: answer((request: resourcePb.ResourceInvokeRequest) =>
      monitor.refuse(`The function ${request.getTok()} is called, but no provider answers while recording.`),
    ),
    call: answer((request: resourcePb.ResourceCallRequest) =>
      monitor.refuse(`The method ${request.getTok()} is called, but no provider answers while recording.`),
    ),
    registerResourceHook: answer(() => new Empty()),
    signalAndWaitForShutdown: answer(() => new Empty()),
  });
  server.addService(EngineService, {
    log: answer((request: enginePb.LogRequest) => {
      monitor.log(request);
      return new Empty();
    }),
    getRootResource: answer(() => new enginePb.GetRootResourceResponse()),
    setRootResource: answer(() => new enginePb.SetRootResourceResponse()),
    requirePulumiVersion: answer(() => new enginePb.RequirePulumiVersionResponse()),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

function answer<Request, Response>(handle: (request: Request) => Response): grpc.handleUnaryCall<Request, Response> {
  return (call, reply) => {
    try {
      reply(null, handle(call.request));
    } catch (error) {
      reply({ code: grpc.status.INVALID_ARGUMENT, details: error instanceof Error ? error.message : String(error) });
    }
  };
}
