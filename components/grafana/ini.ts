export const CONFIG_FILE = "/etc/grafana/grafana.ini";
export const DATA = "/var/lib/grafana";
export const PROVISIONING = "/etc/grafana/provisioning";
export const ADMIN = "admin";

/** The admin's password. */
export const PASSWORD_FILE = "/etc/grafana/secrets/admin-password";
/** Made by the start script on the volume: what it encrypts in the database can be read as long as that is there. */
export const SECRET_KEY_FILE = `${DATA}/secret-key`;

export interface IniSpec {
  readonly port: number;
  /** Where people reach it, with `/` at its end. */
  readonly url: string;
  /** File of the dashboard that is shown first. @default Grafana's own page */
  readonly home?: string;
}

type Value = string | number | boolean;
type Sections = Readonly<Record<string, Readonly<Record<string, Value>>>>;

/** grafana.ini: the same spec gives the same bytes. Secrets are read from files by Grafana itself. */
export function grafanaIni(spec: IniSpec): string {
  const sections = { ...server(spec), ...access(spec.url.startsWith("https:")), ...quiet(), ...content(spec.home) };
  const blocks = Object.entries(sections).map(([name, keys]) => {
    const lines = Object.entries(keys).map(([key, value]) => `${key} = ${value}`);
    return [`[${name}]`, ...lines, ""].join("\n");
  });
  return blocks.join("\n");
}

function server({ port, url }: IniSpec): Sections {
  return {
    paths: { data: DATA, logs: "/var/log/grafana", plugins: `${DATA}/plugins`, provisioning: PROVISIONING },
    server: {
      protocol: "http",
      http_port: port,
      domain: new URL(url).hostname,
      root_url: url,
      serve_from_sub_path: new URL(url).pathname !== "/",
      enable_gzip: true,
    },
    // Readers do not wait for a writer.
    database: { type: "sqlite3", path: "grafana.db", wal: true },
    log: { mode: "console", level: "info" },
    "log.console": { format: "json" },
    metrics: { enabled: true },
  };
}

/** Who may do what, and what a browser is told. */
function access(https: boolean): Sections {
  return {
    security: {
      admin_user: ADMIN,
      // Counts for a new database; the start script sets it in one that is there.
      admin_password: `$__file{${PASSWORD_FILE}}`,
      secret_key: `$__file{${SECRET_KEY_FILE}}`,
      // A browser keeps a secure cookie to itself over plain HTTP, and nobody could log in.
      cookie_secure: https,
      cookie_samesite: "lax",
      strict_transport_security: https,
      content_security_policy: true,
      x_content_type_options: true,
      x_xss_protection: true,
      allow_embedding: false,
      disable_brute_force_login_protection: false,
      disable_gravatar: true,
    },
    users: { allow_sign_up: false, allow_org_create: false, auto_assign_org_role: "Viewer", viewers_can_edit: false },
    auth: { disable_login_form: false },
    "auth.anonymous": { enabled: false },
    "auth.basic": { enabled: true },
    public_dashboards: { enabled: false },
    snapshots: { enabled: false, external_enabled: false },
  };
}

/** Nothing that leaves the stack by itself. */
function quiet(): Sections {
  return {
    analytics: {
      enabled: false,
      reporting_enabled: false,
      check_for_updates: false,
      check_for_plugin_updates: false,
      feedback_links_enabled: false,
    },
    news: { news_feed_enabled: false },
    plugins: {
      plugin_admin_enabled: false,
      preinstall_disabled: true,
      preinstall_auto_update: false,
      public_key_retrieval_disabled: true,
    },
  };
}

function content(home: string | undefined): Sections {
  return {
    dashboards: {
      versions_to_keep: 20,
      min_refresh_interval: "5s",
      ...(home ? { default_home_dashboard_path: home } : {}),
    },
  };
}
