# Completion of gradcli in fish: gradcli completion fish | source
complete -c gradcli -e
complete -c gradcli -f -a '(__gradcli_candidates)'
function __gradcli_candidates
    set -l line (commandline --cut-at-cursor --current-process | string collect)
    set -l found (GRADCLI_COMPLETE=fish gradcli completion "$line" 2>/dev/null)
    set -l may_be_file $status
    if test (count $found) -gt 0
        printf '%s\n' $found
    else if test $may_be_file -eq 0
        set -l word (commandline --cut-at-cursor --current-token | string collect)
        complete --do-complete="'' $word"
    end
end
