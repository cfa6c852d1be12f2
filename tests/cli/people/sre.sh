# Who runs the cluster: what is wrong, which server, what is it and what do I do?
k8sdns diagnose
k8sdns watch
k8sdns replicas
k8sdns conntrack
