# Completion of gradcli in bash: source <(gradcli completion bash)
_gradcli() {
  local IFS=$'\n'
  COMPREPLY=($(GRADCLI_COMPLETE=bash gradcli completion "${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
  # A word that goes on, such as x= or adam:beta1=, gets no blank.
  [[ ${COMPREPLY[0]} == *[=:,/\(] ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -o nosort -F _gradcli gradcli
