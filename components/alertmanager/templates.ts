export const TEMPLATES_FILE = "/etc/alertmanager/datastack.tmpl";

/** What people read, in Go's template language: which alert, what it means, and the page that says what to do. */
export const TEMPLATES = `{{ define "datastack.title" -}}
[{{ if eq .Status "firing" }}{{ or .CommonLabels.severity "alert" | toUpper }}{{ else }}RESOLVED{{ end }}]
{{- with .CommonLabels.stack }} {{ . }}:{{ end }} {{ or .GroupLabels.alertname "several alerts" }}
{{- if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}
{{- end }}

{{ define "datastack.text" -}}
{{ range .Alerts.Firing -}}
{{ .Annotations.summary }}
{{ with .Annotations.description }}{{ . }}
{{ end -}}
Since {{ .StartsAt.UTC.Format "2006-01-02 15:04 UTC" }}
{{- with .Annotations.runbook_url }}
Runbook: {{ . }}{{ end }}

{{ end -}}
{{ range .Alerts.Resolved -}}
Resolved at {{ .EndsAt.UTC.Format "2006-01-02 15:04 UTC" }}: {{ .Annotations.summary }}

{{ end -}}
{{ end }}

{{ define "datastack.color" -}}
{{ if ne .Status "firing" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}
{{- end }}

{{ define "datastack.html" -}}
<!DOCTYPE html>
<html>
<body style="font-family: sans-serif">
<h3>{{ template "datastack.title" . }}</h3>
{{ range .Alerts.Firing -}}
<p><b>{{ .Annotations.summary }}</b><br>
{{ .Annotations.description }}<br>
Since {{ .StartsAt.UTC.Format "2006-01-02 15:04 UTC" }}
{{- with .Annotations.runbook_url }}<br>
Runbook: <a href="{{ . }}">{{ . }}</a>{{ end }}</p>
{{ end -}}
{{ range .Alerts.Resolved -}}
<p>Resolved at {{ .EndsAt.UTC.Format "2006-01-02 15:04 UTC" }}: {{ .Annotations.summary }}</p>
{{ end -}}
</body>
</html>
{{ end }}
`;
