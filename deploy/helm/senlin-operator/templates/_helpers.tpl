{{/* The name of the application in labels. */}}
{{- define "senlin-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of the objects. It has at most 50 characters, because some objects append to it. */}}
{{- define "senlin-operator.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "senlin-operator.serviceAccountName" -}}
{{- default (include "senlin-operator.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "senlin-operator.image" -}}
{{- with .Values.image -}}
{{- .repository -}}
{{- if .digest -}}@{{ .digest }}{{- else -}}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The prefix of the names of the objects that have no namespace. Releases for some namespaces often have
the same name, each in a namespace of its own.
*/}}
{{- define "senlin-operator.clusterName" -}}
{{- if include "senlin-operator.namespaces" . | fromYamlArray }}{{ .Release.Namespace }}-{{ end -}}
{{- include "senlin-operator.fullname" . -}}
{{- end -}}

{{/* Whether the readers of the metrics have to show a token: a text, or nothing. */}}
{{- define "senlin-operator.authenticated" -}}
{{- if eq .Values.settings.metricsAuthentication "kubernetes" }}yes{{ end -}}
{{- end -}}

{{/* The selector labels of an object and its pods. Takes root, component and, if there are several, shard. */}}
{{- define "senlin-operator.selector" -}}
app.kubernetes.io/name: {{ include "senlin-operator.name" .root | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- with .shard }}
senlin.openstack.org/shard: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* The labels that every object has. */}}
{{- define "senlin-operator.labels" -}}
app.kubernetes.io/name: {{ include "senlin-operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- end -}}

{{/* Labels and annotations of an object. Takes root and, if it has more, labels and annotations. */}}
{{- define "senlin-operator.metadata" -}}
labels:
  {{- $labels := include "senlin-operator.labels" .root | fromYaml }}
  {{- merge (dict) (.labels | default dict) $labels (.root.Values.commonLabels | default dict) | toYaml | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Labels and annotations of the pods that an object makes. Takes root and labels. */}}
{{- define "senlin-operator.podMetadata" -}}
{{- $values := .root.Values }}
labels:
  {{- merge (dict) .labels ($values.podLabels | default dict) ($values.commonLabels | default dict) | toYaml | nindent 2 }}
{{- with merge (dict) ($values.podAnnotations | default dict) ($values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The plural names of the custom resource definitions; each has a file. */}}
{{- define "senlin-operator.plurals" -}}
{{- range $path, $_ := .Files.Glob "files/crds/*.yaml" }}
- {{ base $path | trimSuffix ".yaml" }}
{{- end }}
{{- end -}}

{{/* The plural names of the kinds that the operator looks after. */}}
{{- define "senlin-operator.served" -}}
{{- range include "senlin-operator.plurals" . | fromYamlArray }}
{{- if or $.Values.settings.receivers (ne . "senlinreceivers") }}
- {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The kinds of dependents that the operator makes for a SenlinCluster: those that its manifest has a field for. */}}
{{- define "senlin-operator.owned" -}}
{{- $crd := .Files.Get "files/crds/senlinclusters.yaml" | fromYaml -}}
{{- $schema := (first $crd.spec.versions).schema.openAPIV3Schema -}}
{{- $resource := $schema.properties.spec.properties.resource.properties -}}
{{- if hasKey $resource "profile" }}
- senlinprofiles
{{- end }}
{{- if hasKey $resource "members" }}
- senlinnodes
{{- end }}
{{- end -}}

{{/* The namespaces to watch, without duplicates; none: all. */}}
{{- define "senlin-operator.namespaces" -}}
{{- .Values.watchNamespaces | default list | uniq | toYaml }}
{{- end -}}

{{/* The names of the shards: their numbers, or the empty name of the only one. */}}
{{- define "senlin-operator.shards" -}}
{{- if eq (int .Values.shards) 1 }}
- ""
{{- else }}
{{- range until (int .Values.shards) }}
- {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What all pods of the release have in common. */}}
{{- define "senlin-operator.podSpec" -}}
serviceAccountName: {{ .serviceAccountName | quote }}
automountServiceAccountToken: true
enableServiceLinks: false
{{- with .root.Values }}
{{- with .imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What all containers of the release have in common. */}}
{{- define "senlin-operator.container" -}}
image: {{ include "senlin-operator.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
