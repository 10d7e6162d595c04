# Where a run takes place, as a list. Figures of two machines do not compare; only their ratios do.
version_of() { sed -n 's/^  "version": "\(.*\)",$/\1/p' "node_modules/$1/package.json"; }
echo "- $(date +%F), commit $(git describe --always --dirty --exclude='*')"
echo "- $(nproc) cores of $(sed -n 's/^model name\s*: //p;T;q' /proc/cpuinfo), load $(cut -d' ' -f1 /proc/loadavg)"
echo "- files of objects on $(stat -f -c %T "${TMPDIR:-/tmp}")"
echo "- workerd $(version_of workerd), wrangler $(version_of wrangler), $(rustc --version)"
