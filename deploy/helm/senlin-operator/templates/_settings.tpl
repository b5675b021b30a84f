{{/* The settings as environment variables: inventoryInterval is SENLIN_OPERATOR_INVENTORY_INTERVAL. */}}
{{- define "senlin-operator.env" -}}
{{- range $name, $value := .Values.settings }}
{{- $text := kindIs "slice" $value | ternary (join "," $value) (toString $value) }}
{{- if ne $text "" }}
- name: SENLIN_OPERATOR_{{ snakecase $name | upper }}
  value: {{ $text | quote }}
{{- end }}
{{- end }}
{{- if .Values.settings.leaderElection }}
- name: SENLIN_OPERATOR_LEASE_NAME
  value: {{ include "senlin-operator.fullname" . | quote }}
{{- end }}
{{- if .Values.metricsService.tlsSecret }}
- name: SENLIN_OPERATOR_METRICS_CERT_PATH
  value: {{ include "senlin-operator.certPath" . }}
{{- end }}
{{- with include "senlin-operator.namespaces" . | fromYamlArray }}
- name: SENLIN_OPERATOR_NAMESPACES
  value: {{ join "," . | quote }}
{{- end }}
{{- end -}}

{{/* Where the containers have the certificate of the metrics. */}}
{{- define "senlin-operator.certPath" -}}
/etc/metrics-tls
{{- end -}}

{{/* The names of the shards' Leases. */}}
{{- define "senlin-operator.leases" -}}
{{- if .Values.settings.leaderElection }}
{{- range include "senlin-operator.shards" . | fromYamlArray }}
- {{ include "senlin-operator.fullname" $ }}{{ if . }}-{{ . }}-of-{{ $.Values.shards }}{{ end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Checks that the schema of the values cannot express. */}}
{{- define "senlin-operator.check" -}}
{{- with .Values }}
{{- if contains ":" (base .image.repository) }}
{{- fail (printf "image.repository is %s: its tag has to stand in image.tag." .image.repository) }}
{{- end }}
{{- if has .settings.host (list "localhost" "127.0.0.1" "::1") }}
{{- fail (printf "settings.host is %s: neither the probes nor Prometheus would reach the pods there." .settings.host) }}
{{- end }}
{{- if eq (int .settings.probePort) (int .settings.metricsPort) }}
{{- fail (printf "settings.probePort and settings.metricsPort are both %v, but have to differ." .settings.probePort) }}
{{- end }}
{{- if and (not .settings.leaderElection) (gt (mul .replicas .shards) 1) }}
{{- fail (printf "replicas is %v and shards is %v, but without settings.leaderElection both have to be 1: nothing keeps two pods from doing the same." .replicas .shards) }}
{{- end }}
{{- if and (not .serviceAccount.create) (not .serviceAccount.name) }}
{{- fail "serviceAccount.create is false, so serviceAccount.name has to be the name of a ServiceAccount that exists." }}
{{- end }}
{{- end }}
{{- end -}}
