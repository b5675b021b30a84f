// Command health prints what GitOps tools make of custom resources.
//
// Its argument is a health check of Argo CD, in Lua. It reads objects from standard input, one JSON
// document per line, and prints for each of them a line of JSON: what kstatus calls it, which is
// what Flux and `helm --wait` go by, and what the check returns.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

const (
	longestLine = 4 << 20         // bytes; etcd takes objects of 1.5 MiB
	longestRun  = 1 * time.Second // as in Argo CD
)

type answer struct {
	Kstatus string `json:"kstatus"`
	Health  string `json:"health"`
	Message string `json:"message"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: health SCRIPT < OBJECTS")
		os.Exit(2)
	}
	if err := judgeAll(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judgeAll(script string, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		found, err := judge(script, lines.Bytes())
		if err != nil {
			return fmt.Errorf("%w: %s", err, lines.Bytes())
		}
		if err := encoder.Encode(found); err != nil {
			return err
		}
	}
	return lines.Err()
}

func judge(script string, line []byte) (answer, error) {
	var object unstructured.Unstructured
	if err := object.UnmarshalJSON(line); err != nil {
		return answer{}, err
	}
	computed, err := status.Compute(&object)
	if err != nil {
		return answer{}, err
	}
	health, message, err := check(script, object.Object)
	return answer{Kstatus: computed.Status.String(), Health: health, Message: message}, err
}

// check runs the script as Argo CD does: with the libraries base, package and table, with the object
// in the global `obj`, and for a second at most. (Argo CD adds two functions of the library os.)
func check(script string, object map[string]any) (health, message string, err error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage,
		lua.BaseLibName: lua.OpenBase,
		lua.TabLibName:  lua.OpenTable,
	} {
		state.Push(state.NewFunction(open))
		state.Push(lua.LString(name))
		state.Call(1, 0)
	}
	limited, cancel := context.WithTimeout(context.Background(), longestRun)
	defer cancel()
	state.SetContext(limited)
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(script); err != nil {
		return "", "", err
	}
	returned, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		return "", "", fmt.Errorf("the check returns no table, but %s", state.Get(-1).Type())
	}
	return text(returned, "status"), text(returned, "message"), nil
}

// text returns a string of a table; Argo CD takes no other type for these fields.
func text(table *lua.LTable, key string) string {
	value, _ := table.RawGetString(key).(lua.LString)
	return string(value)
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch typed := value.(type) {
	case bool:
		return lua.LBool(typed)
	case string:
		return lua.LString(typed)
	case int64:
		return lua.LNumber(typed)
	case float64:
		return lua.LNumber(typed)
	case []any:
		table := state.NewTable()
		for _, item := range typed {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range typed {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}
