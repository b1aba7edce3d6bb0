# Completion of gradcli in bash: source <(gradcli completion bash)
_gradcli() {
  local found
  COMPREPLY=()
  found=$(GRADCLI_COMPLETE=bash gradcli completion "${COMP_LINE:0:COMP_POINT}" 2>/dev/null) ||
    compopt +o default  # no file is meant
  [[ -z $found ]] && return
  mapfile -t COMPREPLY <<< "$found"
  # A word that goes on, such as x= or adam:beta1=, gets no blank.
  [[ $found == *[=:,/\(] ]] && compopt -o nospace
}
complete -o default -o nosort -F _gradcli gradcli
