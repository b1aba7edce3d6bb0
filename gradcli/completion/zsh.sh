#compdef gradcli
# Completion of gradcli in zsh: source <(gradcli completion zsh)
_gradcli() {
  local found word may_be_file
  local -a going done
  found=$(GRADCLI_COMPLETE=zsh gradcli completion "${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" 2>/dev/null)
  may_be_file=$?
  for word in ${${(f)found}%%$'\t'*}; do
    if [[ $word == *[=:,/\(] ]]; then going+=("$word"); else done+=("$word"); fi
  done
  (( $#going )) && compadd -S '' -- "${going[@]}"
  (( $#done )) && compadd -- "${done[@]}"
  [[ -z $found && $may_be_file == 0 ]] && _files
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u }
compdef _gradcli gradcli
