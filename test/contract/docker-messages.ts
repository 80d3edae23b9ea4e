/** What DockerTarget says to each of `WRONG_USES`. */
export const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  "two workloads of one name": [
    "counter: is also the name of another workload, job or schedule. Give each component a name of its own.",
  ],
  "a replica's name taken by another workload": [
    'ring-1: is also the name of a replica of "ring". Give each component a name of its own.',
  ],
  "no replicas": ["counter.replicas = 0: must be a whole number of at least 1."],
  "volumes without identity": [
    'ring.volumes: cannot be shared by 3 replicas without identity. Set identity: "stable", so that each has its own, or replicas: 1.',
  ],
  "a file below a scratch path": [
    'counter.files = "/etc/counter/revision": would be hidden by the scratch path /etc/counter. Lay it somewhere else; a start script can copy it.',
  ],
  "a file below a volume": [
    'ring.files = "/data/ring.conf": would be hidden by the volume /data. Lay it somewhere else; a start script can copy it.',
  ],
  "the same file twice": [
    'counter.files = "/etc/counter/revision": is there twice. Give replicas\' files their own paths.',
  ],
  "a relative path": [
    'counter.files = "etc/counter": must be an absolute path other than "/", without "..", "//" or a "/" at its end.',
  ],
  "a port number out of range": ["counter.ports.http = 65536: must be a port number from 1 to 65535."],
  "a port name that is no DNS label of 15 characters": [
    'counter.ports = "Metrics_of_the_broker": must be at most 15 lower-case letters, digits and single "-", with a letter among them.',
  ],
  "a probe of a port that is not there": [
    'counter.ready.probe = "metrics": is no port of this workload. There are: http.',
  ],
  "a memory limit that is no size": [
    'counter.resources.memory = "512MB": must be a size with a binary unit. Write it like "512Mi" or "10Gi".',
  ],
  "no processor time": ["counter.resources.cpu = 0: must be more than 0 cores."],
  "an unknown job to wait for": ['counter.after[0] = "migrate": is no job of this stack. There is no job.'],
  "an unknown workload to wait for": ['counter.needs[0] = "cache": is no workload of this stack. There are: counter.'],
  "an unknown workload to restore": [
    'register.restores[0] = "rign": is no workload of this stack. There are: counter.',
  ],
  "a schedule of no period": [
    "sweep.every.minutes = 0: must divide an hour, or be whole hours that divide a day, so that it runs at the same times every day. Take one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440.",
  ],
  "a schedule at a time that does not exist": [
    'sweep.every.dailyAt = "24:00": must be a time of day in UTC from "00:00" to "23:59".',
  ],
  "a file below a schedule's volume": [
    'sweep.files = "/kept/sweep.conf": would be hidden by the volume /kept. Lay it somewhere else; a start script can copy it.',
  ],
  "a schedule's volume without a size": [
    'sweep.volumes.kept.size = "0Mi": must be a size with a binary unit. Write it like "512Mi" or "10Gi".',
  ],
  "the same host port twice": [
    "follower.ports.http.publish = 18080: is the same host port as counter.ports.http.publish. Choose another host port for one of them.",
  ],
  "one host port for several replicas": [
    "ring.ports.http.publish = 18080: cannot be the host port of 3 replicas. Publish each replica on a port of its own, by perReplica.",
  ],
  "a host address that is none": [
    'counter.ports.http.publish.address = "localhost": must be an IP address of the host. Leave it out for 127.0.0.1, or give "0.0.0.0" for every address.',
  ],
  "a host agent that has to resolve the stack's names": [
    'lookout.needs[0] = "counter": cannot be reached from the host\'s network, where Docker knows no names of the stack. Leave out host.network, or let the other side connect.',
  ],
};
