# Runs a command and makes sure that no process of it outlives the process that started it.
#
#   sh guard.sh COMMAND ARGUMENT...
#
# Standard input controls it. A line `stop` sends SIGTERM, and SIGKILL to what remains when standard input closes. A
# line `kill` sends SIGKILL at once. If standard input closes without a line, the starter is gone, and everything ends.
# This shell must lead a process group of its own, because it signals the whole group.

exec 3<&0 4>&1 </dev/null >/dev/null 2>&1
# SIGTERM to the group also reaches this shell, which must survive it to send SIGKILL later.
trap : TERM

{
  trap : TERM
  exec 4>&-
  read -r how <&3 || how=
  case $how in
    kill) ;;
    stop)
      kill -TERM 0
      { sleep 10; kill -KILL 0; } &
      read -r how <&3
      ;;
    *)
      kill -TERM 0
      sleep 5
      ;;
  esac
  kill -KILL 0
} &

"$@" 3<&- >&4 2>&1 4>&- &
command=$!
exec 3<&- 4>&-
while kill -0 "$command"; do wait "$command"; done
sleep 5
kill -KILL 0
