package config
import ("testing";"os";"fmt")
func TestZ(t *testing.T){ for _, f := range []string{"reference","dev","bench","standalone"} { c,err:=Load("../../configs/"+f+".yaml", []string{"GRANDSTAND_CONTROL_KEYS=0123456789abcdef0123"}, Flags{}); fmt.Println(f, err); if f=="bench" { b,_:=c.Redacted().AppendYAML(nil); os.Stdout.Write(b)} } }
