# Runs a command and sees to it that nothing of it outlives whoever started it.
#
#   sh guard.sh COMMAND ARGUMENT...
#
# Standard input is the leash. A line `stop` ends the command politely, and what is left of it once standard input
# ends; a line `kill` ends it as a crash would; and when standard input just ends, whoever held it is gone.
# This shell must lead its own process group: the group is what it ends.

exec 3<&0 4>&1 </dev/null >/dev/null 2>&1
# The group is told to stop, this shell among it, which stays to see to the rest.
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
